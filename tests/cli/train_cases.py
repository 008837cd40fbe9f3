"""`ohmloom train`: refusals that need no training data."""

from harness import case


@case
def train_without_data(t):
    """Training without the training images, or in a program built without training, is refused with the way out."""
    said = t.refused("train", "-o", "net.h5").err
    assert "ohmloom data mnist" in said or "libtorch-dev" in said, said
