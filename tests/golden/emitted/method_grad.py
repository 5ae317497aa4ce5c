def energy_grad(self, q, p, n):
    """Gradient of `energy` with respect to (q, p), by reverse mode."""
    # forward sweep
    stiffness = self.stiffness
    drag = self.drag
    for _ in range(n):
        p = p + 0.1 * (-stiffness * q - drag * p)
        q = q + 0.1 * p

    # reverse sweep
    # return 0.5 * p * p + 0.5 * self.stiffness * q * q
    q_bar = 2.0 * (0.5 * stiffness * q)
    p_bar = p
    for _ in range(n):
        # q = q + 0.1 * p
        p_bar2 = p_bar + 0.1 * q_bar
        # return -self.stiffness * q - self.drag * p
        p_bar = p_bar2 - 0.1 * (p_bar2 * drag)
        q_bar -= 0.1 * (p_bar2 * stiffness)
    return q_bar, p_bar
