from __future__ import annotations

import pytest
from pydantic import ValidationError

from detectk.alerters.mattermost.options import MattermostOptions

URL = "https://chat.example.com/hooks/abcdefgh"


def test_only_the_address_is_needed() -> None:
    options = MattermostOptions.model_validate({"webhook_url": URL})
    assert (options.username, options.timeout, options.channel) == ("DetectK", 10.0, None)
    assert "abcdefgh" not in repr(options)


def test_plain_http_is_refused() -> None:
    with pytest.raises(ValidationError, match="plain http would show") as caught:
        MattermostOptions.model_validate({"webhook_url": URL.replace("https", "http")})
    assert "abcdefgh" not in str(caught.value)


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        MattermostOptions.model_validate({"webhook_url": URL, "chanel": "x"})
