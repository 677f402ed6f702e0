"""Tests: real PostgreSQL, real NATS, real servicers; fakes only for the clock and the outside mail world."""
