"""Steps whose stages are solved for: the stage equations, Newton's method, and derivatives through both."""
