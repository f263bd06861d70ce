"""Where samples come from and how they wait: recordings, the ring, and the plan that cuts it into windows."""
