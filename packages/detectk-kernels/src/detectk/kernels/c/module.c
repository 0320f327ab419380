/* The door between Python and the kernels: buffers in, checked, and the work without the GIL. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "checks.h"
#include "kernels.h"

#define MOST_PARAMETERS 19

/* What a parameter is. An output is written to; MAYBE ones may be None. */
enum { INPUT, MAYBE_INPUT, OUTPUT, MAYBE_OUTPUT, NUMBER };

typedef struct {
    const char *name;
    char format;  /* 'd' or 'q' */
    char length;  /* 'm' points, 'k' windows or 'f' features, of which the first of each decides;
                     'M' points or 'K' windows of every feature */
    int role;
} Parameter;

typedef struct {
    const char *function;
    const Parameter *parameters;
    Py_ssize_t count;
    Py_ssize_t points, windows, features;  /* -1 until known */
    Py_buffer views[MOST_PARAMETERS];
    int held[MOST_PARAMETERS];
    int64_t numbers[MOST_PARAMETERS];
} Call;

static void close_call(Call *call) {
    for (Py_ssize_t i = 0; i < call->count; i++) {
        if (call->held[i]) {
            PyBuffer_Release(&call->views[i]);
        }
    }
}

static int is_format(const Py_buffer *view, char wanted) {
    const char *format = view->format;
    const uint16_t one = 1;
    const char native = *(const char *)&one ? '<' : '>';
    if (format == NULL || view->itemsize != 8) {
        return 0;
    }
    if (*format == '@' || *format == '=' || *format == native) {
        format++;
    }
    if (format[0] == '\0' || format[1] != '\0') {
        return 0;
    }
    return wanted == 'd' ? *format == 'd' : *format == 'q' || *format == 'l';
}

static int refuse_type(const Call *call, const Parameter *parameter, const char *what) {
    PyErr_Format(PyExc_TypeError, "%s: %s is %s; give a one-dimensional, contiguous buffer of %s",
                 call->function, parameter->name, what,
                 parameter->format == 'd' ? "8-byte floats" : "8-byte whole numbers");
    return -1;
}

/* What decides the length of a parameter. */
static Py_ssize_t *count_of(Call *call, char length) {
    if (length == 'f') {
        return &call->features;
    }
    return length == 'm' || length == 'M' ? &call->points : &call->windows;
}

static int check_length(Call *call, const Parameter *parameter, Py_ssize_t elements) {
    Py_ssize_t *count = count_of(call, parameter->length);
    int each = parameter->length == 'M' || parameter->length == 'K';
    const char *what = count == &call->points ? "values" : "windows";
    if (*count < 0) {
        *count = elements;
    }
    if (count == &call->features) {
        if (elements > 0 && elements <= DTK_MOST_FEATURES) {
            return 0;
        }
        PyErr_Format(PyExc_ValueError, "%s: %s has %zd elements; give 1 to %d, one a feature",
                     call->function, parameter->name, elements, DTK_MOST_FEATURES);
        return -1;
    }
    Py_ssize_t wanted = each ? *count * call->features : *count;
    if (elements == wanted) {
        return 0;
    }
    PyErr_Format(PyExc_ValueError, "%s: %s has %zd elements; give %zd, as many as there are %s%s",
                 call->function, parameter->name, elements, wanted, what,
                 each ? " for every feature" : "");
    return -1;
}

static int open_buffer(Call *call, Py_ssize_t i, PyObject *argument) {
    const Parameter *parameter = &call->parameters[i];
    Py_buffer *view = &call->views[i];
    int output = parameter->role == OUTPUT || parameter->role == MAYBE_OUTPUT;
    if (argument == Py_None &&
        (parameter->role == MAYBE_INPUT || parameter->role == MAYBE_OUTPUT)) {
        return 0;
    }
    if (!PyObject_CheckBuffer(argument)) {
        return refuse_type(call, parameter, argument == Py_None ? "None" : "no buffer");
    }
    if (PyObject_GetBuffer(argument, view, PyBUF_RECORDS_RO) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_BufferError) &&
            !PyErr_ExceptionMatches(PyExc_ValueError)) {
            return -1;
        }
        PyErr_Clear();
        return refuse_type(call, parameter, "a buffer that does not open");
    }
    call->held[i] = 1;
    if (!is_format(view, parameter->format)) {
        return refuse_type(call, parameter, "of another kind");
    }
    if (view->ndim != 1 || !PyBuffer_IsContiguous(view, 'C')) {
        return refuse_type(call, parameter, "of another shape");
    }
    if (output && view->readonly) {
        return refuse_type(call, parameter, "read-only");
    }
    if (view->len > 0 && (uintptr_t)view->buf % 8 != 0) {
        return refuse_type(call, parameter, "not aligned");
    }
    return check_length(call, parameter, view->len / 8);
}

/* Refuse an output that shares memory with another buffer: bounds would change after the check. */
static int refuse_overlap(const Call *call) {
    for (Py_ssize_t i = 0; i < call->count; i++) {
        int role = call->parameters[i].role;
        if (!call->held[i] || (role != OUTPUT && role != MAYBE_OUTPUT)) {
            continue;
        }
        for (Py_ssize_t other = 0; other < call->count; other++) {
            const Py_buffer *one = &call->views[i], *two = &call->views[other];
            if (other == i || !call->held[other] || one->len == 0 || two->len == 0) {
                continue;
            }
            uintptr_t a = (uintptr_t)one->buf, b = (uintptr_t)two->buf;
            if (a < b + (uintptr_t)two->len && b < a + (uintptr_t)one->len) {
                PyErr_Format(PyExc_ValueError, "%s: %s shares memory with %s; give it its own",
                             call->function, call->parameters[i].name,
                             call->parameters[other].name);
                return -1;
            }
        }
    }
    return 0;
}

static int open_call(Call *call, const char *function, const Parameter *parameters,
                     Py_ssize_t count, PyObject *arguments) {
    call->function = function;
    call->parameters = parameters;
    call->count = count;
    call->points = call->windows = call->features = -1;
    for (Py_ssize_t i = 0; i < count; i++) {
        call->held[i] = 0;
        call->views[i].buf = NULL;
    }
    if (PyTuple_Size(arguments) != count) {
        PyErr_Format(PyExc_TypeError, "%s: %zd arguments given; give %zd, by position", function,
                     PyTuple_Size(arguments), count);
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *argument = PyTuple_GetItem(arguments, i);
        if (parameters[i].role != NUMBER) {
            if (open_buffer(call, i, argument) < 0) {
                close_call(call);
                return -1;
            }
            continue;
        }
        call->numbers[i] = PyLong_AsLongLong(argument);
        if (call->numbers[i] == -1 && PyErr_Occurred()) {
            PyErr_Clear();
            PyErr_Format(PyExc_TypeError, "%s: %s is no whole number of 64 bits; give one",
                         function, parameters[i].name);
            close_call(call);
            return -1;
        }
    }
    if (refuse_overlap(call) < 0) {
        close_call(call);
        return -1;
    }
    return 0;
}

static PyObject *refuse(Call *call, const char *sentence) {
    PyErr_Format(PyExc_ValueError, "%s: %s", call->function, sentence);
    close_call(call);
    return NULL;
}

static PyObject *finish(Call *call, Fault fault, int status) {
    PyObject *result = NULL;
    if (fault.what != NULL) {
        PyErr_Format(PyExc_ValueError, "%s: %s at %lld; %s", call->function, fault.what,
                     (long long)fault.at, fault.rule);
    } else if (status < 0) {
        PyErr_NoMemory();
    } else {
        result = Py_None;
        Py_INCREF(result);
    }
    close_call(call);
    return result;
}

#define REALS(i) ((const double *)call.views[i].buf)
#define WHOLES(i) ((const int64_t *)call.views[i].buf)
#define REAL_OUTPUT(i) ((double *)call.views[i].buf)
#define WHOLE_OUTPUT(i) ((int64_t *)call.views[i].buf)
#define GIVEN(i) (call.held[i])
#define COUNT(parameters) ((Py_ssize_t)(sizeof(parameters) / sizeof(parameters[0])))
#define TOGETHER "give both or None for both"

static const Parameter ORDER[] = {
    {"values", 'd', 'm', INPUT},          {"low", 'q', 'k', INPUT},
    {"high", 'q', 'k', INPUT},            {"median", 'd', 'k', OUTPUT},
    {"deviation", 'd', 'k', MAYBE_OUTPUT}, {"tail", 'd', 'k', MAYBE_OUTPUT},
    {"first", 'd', 'k', MAYBE_OUTPUT},    {"third", 'd', 'k', MAYBE_OUTPUT},
    {"least", 'd', 'k', MAYBE_OUTPUT},
};

static PyObject *order(PyObject *self, PyObject *arguments) {
    Call call;
    Fault fault;
    int status = 0;
    (void)self;
    if (open_call(&call, "order", ORDER, COUNT(ORDER), arguments) < 0) {
        return NULL;
    }
    if (GIVEN(4) != GIVEN(5)) {
        return refuse(&call, "deviation and tail come together; " TOGETHER);
    }
    if (GIVEN(6) != GIVEN(7)) {
        return refuse(&call, "first and third come together; " TOGETHER);
    }
    Py_BEGIN_ALLOW_THREADS
    fault = check_windows(REALS(0), call.points, WHOLES(1), WHOLES(2), call.windows);
    if (fault.what == NULL && call.windows > 0) {
        status = dtk_order(REALS(0), call.points, WHOLES(1), WHOLES(2), call.windows,
                           REAL_OUTPUT(3), REAL_OUTPUT(4), REAL_OUTPUT(5), REAL_OUTPUT(6),
                           REAL_OUTPUT(7), REAL_OUTPUT(8));
    }
    Py_END_ALLOW_THREADS
    return finish(&call, fault, status);
}

static const Parameter MOMENTS[] = {
    {"values", 'd', 'm', INPUT}, {"low", 'q', 'k', INPUT},         {"high", 'q', 'k', INPUT},
    {"mean", 'd', 'k', OUTPUT},  {"deviation", 'd', 'k', OUTPUT},
};

static PyObject *moments(PyObject *self, PyObject *arguments) {
    Call call;
    Fault fault;
    int status = 0;
    (void)self;
    if (open_call(&call, "moments", MOMENTS, COUNT(MOMENTS), arguments) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    fault = check_windows(REALS(0), call.points, WHOLES(1), WHOLES(2), call.windows);
    if (fault.what == NULL && call.windows > 0) {
        status = dtk_moments(REALS(0), call.points, WHOLES(1), WHOLES(2), call.windows,
                             REAL_OUTPUT(3), REAL_OUTPUT(4));
    }
    Py_END_ALLOW_THREADS
    return finish(&call, fault, status);
}

static const Parameter WEIGHTED[] = {
    {"values", 'd', 'm', INPUT},           {"mass", 'q', 'm', INPUT},
    {"exponent", 'q', 'm', MAYBE_INPUT},   {"low", 'q', 'k', INPUT},
    {"high", 'q', 'k', INPUT},             {"offset", 'q', 'k', MAYBE_INPUT},
    {"median", 'd', 'k', OUTPUT},          {"deviation", 'd', 'k', MAYBE_OUTPUT},
    {"tail", 'd', 'k', MAYBE_OUTPUT},      {"first", 'd', 'k', MAYBE_OUTPUT},
    {"third", 'd', 'k', MAYBE_OUTPUT},
};

static PyObject *weighted(PyObject *self, PyObject *arguments) {
    Call call;
    Fault fault;
    int status = 0;
    (void)self;
    if (open_call(&call, "weighted", WEIGHTED, COUNT(WEIGHTED), arguments) < 0) {
        return NULL;
    }
    if (GIVEN(2) == GIVEN(5)) {
        return refuse(&call, "exponent and offset exclude each other; give one, None for the other");
    }
    if (GIVEN(7) != GIVEN(8)) {
        return refuse(&call, "deviation and tail come together; " TOGETHER);
    }
    if (GIVEN(9) != GIVEN(10)) {
        return refuse(&call, "first and third come together; " TOGETHER);
    }
    Py_BEGIN_ALLOW_THREADS
    fault = check_windows(REALS(0), call.points, WHOLES(3), WHOLES(4), call.windows);
    if (fault.what == NULL) {
        fault = check_weights(WHOLES(1), WHOLES(2), WHOLES(3), WHOLES(4), WHOLES(5), call.windows);
    }
    if (fault.what == NULL && call.windows > 0) {
        status = dtk_weighted(REALS(0), WHOLES(1), WHOLES(2), call.points, WHOLES(3), WHOLES(4),
                              WHOLES(5), call.windows, REAL_OUTPUT(6), REAL_OUTPUT(7),
                              REAL_OUTPUT(8), REAL_OUTPUT(9), REAL_OUTPUT(10));
    }
    Py_END_ALLOW_THREADS
    return finish(&call, fault, status);
}

static const Parameter POOLED[] = {
    {"values", 'd', 'm', INPUT},       {"codes", 'q', 'm', INPUT},
    {"groups", 'q', ' ', NUMBER},      {"low", 'q', 'k', INPUT},
    {"high", 'q', 'k', INPUT},         {"wanted", 'q', 'k', INPUT},
    {"enough", 'q', ' ', NUMBER},      {"by_mean", 'q', ' ', NUMBER},
    {"centre", 'd', 'k', OUTPUT},      {"size", 'q', 'k', OUTPUT},
    {"least", 'd', 'k', OUTPUT},       {"pool", 'q', 'k', OUTPUT},
    {"zeros", 'q', 'k', OUTPUT},       {"deviation", 'd', 'k', OUTPUT},
    {"tail", 'd', 'k', MAYBE_OUTPUT},  {"first", 'd', 'k', MAYBE_OUTPUT},
    {"third", 'd', 'k', MAYBE_OUTPUT},
};

static PyObject *pooled(PyObject *self, PyObject *arguments) {
    Call call;
    Fault fault;
    int status = 0;
    (void)self;
    if (open_call(&call, "pooled", POOLED, COUNT(POOLED), arguments) < 0) {
        return NULL;
    }
    int64_t groups = call.numbers[2], enough = call.numbers[6], by_mean = call.numbers[7];
    if (groups < 0 || groups > MOST_GROUPS) {
        return refuse(&call, "groups is out of range; give 0 to 2147483647");
    }
    if (enough < 1) {
        return refuse(&call, "enough is below 1; give 1 or more");
    }
    if (by_mean != 0 && by_mean != 1) {
        return refuse(&call, "by_mean is neither 0 nor 1; give one of them");
    }
    if (GIVEN(14) == (by_mean == 1)) {
        return refuse(&call, "tail goes without by_mean; give None exactly if by_mean is 1");
    }
    if (GIVEN(15) != GIVEN(16)) {
        return refuse(&call, "first and third come together; " TOGETHER);
    }
    if (GIVEN(15) && by_mean == 1) {
        return refuse(&call, "first and third go without by_mean; give None for both");
    }
    if (GIVEN(15) && by_mean == 1) {
        return refuse(&call, "first and third go without by_mean; give None if by_mean is 1");
    }
    Py_BEGIN_ALLOW_THREADS
    fault = check_windows(REALS(0), call.points, WHOLES(3), WHOLES(4), call.windows);
    if (fault.what == NULL) {
        fault = check_codes(WHOLES(1), call.points, 0, groups);
    }
    if (fault.what == NULL) {
        fault = check_codes(WHOLES(5), call.windows, -1, groups);
    }
    if (fault.what == NULL && call.windows > 0) {
        status = dtk_pooled(REALS(0), WHOLES(1), call.points, groups, WHOLES(3), WHOLES(4),
                            WHOLES(5), call.windows, enough, (int)by_mean, REAL_OUTPUT(8),
                            WHOLE_OUTPUT(9), REAL_OUTPUT(10), WHOLE_OUTPUT(11), WHOLE_OUTPUT(12),
                            REAL_OUTPUT(13), REAL_OUTPUT(14), REAL_OUTPUT(15), REAL_OUTPUT(16));
    }
    Py_END_ALLOW_THREADS
    return finish(&call, fault, status);
}

static const Parameter EFFECTS[] = {
    {"values", 'd', 'm', INPUT},       {"groups", 'q', 'f', INPUT},
    {"codes", 'q', 'M', INPUT},        {"low", 'q', 'k', INPUT},
    {"high", 'q', 'k', INPUT},         {"wanted", 'q', 'K', INPUT},
    {"fewest", 'q', ' ', NUMBER},      {"enough", 'q', ' ', NUMBER},
    {"by_mean", 'q', ' ', NUMBER},     {"centre", 'd', 'k', OUTPUT},
    {"size", 'q', 'k', OUTPUT},        {"effects", 'q', 'k', OUTPUT},
    {"least", 'd', 'k', OUTPUT},       {"pool", 'q', 'k', OUTPUT},
    {"zeros", 'q', 'k', OUTPUT},       {"deviation", 'd', 'k', OUTPUT},
    {"tail", 'd', 'k', MAYBE_OUTPUT},  {"first", 'd', 'k', MAYBE_OUTPUT},
    {"third", 'd', 'k', MAYBE_OUTPUT},
};

static PyObject *effects(PyObject *self, PyObject *arguments) {
    Call call;
    Fault fault;
    int status = 0;
    (void)self;
    if (open_call(&call, "effects", EFFECTS, COUNT(EFFECTS), arguments) < 0) {
        return NULL;
    }
    int64_t fewest = call.numbers[6], enough = call.numbers[7], by_mean = call.numbers[8];
    if (fewest < 1) {
        return refuse(&call, "fewest is below 1; give 1 or more");
    }
    if (enough < 1) {
        return refuse(&call, "enough is below 1; give 1 or more");
    }
    if (by_mean != 0 && by_mean != 1) {
        return refuse(&call, "by_mean is neither 0 nor 1; give one of them");
    }
    if (GIVEN(16) == (by_mean == 1)) {
        return refuse(&call, "tail goes without by_mean; give None exactly if by_mean is 1");
    }
    if (GIVEN(17) != GIVEN(18)) {
        return refuse(&call, "first and third come together; " TOGETHER);
    }
    if (GIVEN(17) && by_mean == 1) {
        return refuse(&call, "first and third go without by_mean; give None for both");
    }
    Py_BEGIN_ALLOW_THREADS
    fault = check_windows(REALS(0), call.points, WHOLES(3), WHOLES(4), call.windows);
    for (Py_ssize_t i = 0; i < call.features && fault.what == NULL; i++) {
        fault = check_features(WHOLES(1)[i], i, WHOLES(2) + i * call.points, call.points,
                               WHOLES(5) + i * call.windows, call.windows);
    }
    if (fault.what == NULL && call.windows > 0) {
        status = dtk_effects(REALS(0), call.points, WHOLES(1), call.features, WHOLES(2),
                             WHOLES(3), WHOLES(4), WHOLES(5), call.windows, fewest, enough,
                             (int)by_mean, REAL_OUTPUT(9), WHOLE_OUTPUT(10), WHOLE_OUTPUT(11),
                             REAL_OUTPUT(12), WHOLE_OUTPUT(13), WHOLE_OUTPUT(14), REAL_OUTPUT(15),
                             REAL_OUTPUT(16), REAL_OUTPUT(17), REAL_OUTPUT(18));
    }
    Py_END_ALLOW_THREADS
    return finish(&call, fault, status);
}

static PyMethodDef methods[] = {
    {"order", order, METH_VARARGS, NULL},
    {"moments", moments, METH_VARARGS, NULL},
    {"weighted", weighted, METH_VARARGS, NULL},
    {"pooled", pooled, METH_VARARGS, NULL},
    {"effects", effects, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "detectk.kernels._sliding",
    .m_doc = "Statistics of sliding windows; detectk.kernels documents them.",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__sliding(void) { return PyModuleDef_Init(&definition); }
