"""What a method really is: its orders, proven and measured, its errors, and how long its steps may be."""
