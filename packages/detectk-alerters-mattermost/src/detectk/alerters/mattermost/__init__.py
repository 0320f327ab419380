"""Mattermost alert channel: incoming webhooks, message attachments."""
