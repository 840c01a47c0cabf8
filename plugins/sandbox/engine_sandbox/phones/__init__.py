"""The phones at /sandbox: what arrived, as its receivers see it, and a box to text back."""
