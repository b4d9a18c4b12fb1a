"""Where mothball lives. One constant, so that a move is one line."""

from __future__ import annotations

PROJECT_HOME = "https://mothball.example/"
