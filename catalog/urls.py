"""Addresses of the catalogue pages."""

from django.urls import URLPattern

app_name = "catalog"
urlpatterns: list[URLPattern] = []
