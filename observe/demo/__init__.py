"""The demonstration school: invented people and a year of visits, written as everybody's changes are written."""
