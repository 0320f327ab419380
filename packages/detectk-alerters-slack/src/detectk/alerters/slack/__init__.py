"""Slack alert channel: incoming webhooks, Block Kit."""
