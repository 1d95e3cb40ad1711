"""What gunicorn reads by itself when it starts beside manage.py: an access log without queries and secret links."""

from shop.core.privacy.masked_logs import AccessLogger

logger_class = AccessLogger
