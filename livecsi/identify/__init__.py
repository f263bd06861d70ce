"""From features to names: sessions -> encoder -> sequences -> matcher -> calibration -> setlist."""
