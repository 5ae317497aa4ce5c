def energy_grad(self, q, p, n):
    """Gradient of `energy` with respect to self, by reverse mode."""
    # forward sweep
    stiffness = self.stiffness
    drag = self.drag
    p_tape = []
    for _ in range(n):
        p_tape.append((p, q))
        p = p + 0.1 * (-stiffness * q - drag * p)
        q = q + 0.1 * p

    # reverse sweep
    # return 0.5 * p * p + 0.5 * self.stiffness * q * q
    q_bar = 2.0 * (0.5 * stiffness * q)
    stiffness_bar = 0.5 * (q * q)
    p_bar = p
    drag_bar = 0.0
    for p, q in reversed(p_tape):
        # q = q + 0.1 * p
        p_bar2 = p_bar + 0.1 * q_bar
        # return -self.stiffness * q - self.drag * p
        drag_bar -= 0.1 * (p_bar2 * p)
        p_bar = p_bar2 - 0.1 * (p_bar2 * drag)
        q_bar -= 0.1 * (p_bar2 * stiffness)
        stiffness_bar -= 0.1 * (p_bar2 * q)
    return {"stiffness": stiffness_bar, "drag": drag_bar}
