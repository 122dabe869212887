"""What a person sees and presses: Textual screens and widgets that collect, show and send commands.

No rule of the office is decided here; nothing here touches the store except through `services`.
"""
