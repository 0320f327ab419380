"""The one version of every DetectK distribution."""

VERSION = "1.0.0"
