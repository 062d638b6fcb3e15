"""Who is who in the demonstration school."""

PASS_PHRASE = "amati-bersama-2026"
PRINCIPAL, SECOND_OBSERVER, TEACHER, ADMINISTRATOR = "kepala", "pengamat", "guru", "admin"
