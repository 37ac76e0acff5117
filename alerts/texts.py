"""How alerts name what they are about, as templates of their labels."""

# A model that an engine serves.
MODEL_TEXT = "{{ $labels.model_name }} ({{ $labels.job }})"
# A service, and its model where it reports one.
SERVICE_TEXT = "{{ $labels.job }}{{ with $labels.model_name }} {{ . }}{{ end }}"
