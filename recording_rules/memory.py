"""How far back rules look for what has gone, and for what was usual."""

from glassbox.metrics.types import Unit
from glassbox.query.rules import Series
from recording_rules.levels import SERVED

# Long enough to wake somebody, and short enough that what was removed for good is forgotten on the same day.
GONE_REMEMBERED = "1h"
# A second less than a minute, so that it does not matter whether the left edge of a window is included.
LAST_MINUTE = "59s"
# A week holds every weekday and every night.
USUAL_WINDOW = "7d"
# The week ends an hour ago, so that a change is not compared with itself.
USUAL_OFFSET = "1h"

# What a model usually does, in all its versions: a new one has no past of its own. `usual` records them.
USUAL_TRUNCATED = Series("served:inference_truncated:ratio7d", Unit.RATIO, SERVED)
USUAL_PROMPT_LENGTH = Series("served:inference_prompt_length_tokens:mean7d", Unit.TOKENS, SERVED)
USUAL_OUTPUT_LENGTH = Series("served:inference_output_length_tokens:mean7d", Unit.TOKENS, SERVED)
USUAL_TIME_PER_OUTPUT_TOKEN = Series("served:inference_time_per_output_token_seconds:mean7d", Unit.SECONDS, SERVED)
