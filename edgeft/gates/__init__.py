"""What every lossy step must pass, measured on the file that ships: parity, accuracy, speed."""
