"""The cases of check_endurance.py, and the stage that they stand on."""
