"""From one derived row back to the rows as delivered."""
