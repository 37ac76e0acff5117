/** When something was, in milliseconds; without an end it was a moment. */
export interface Event {
  time: number;
  timeEnd?: number;
}

/** The times at which a series was above zero; points no more than a step apart are one region. */
export function toEvents(samples: [milliseconds: number, value: number][], stepMs: number): Event[] {
  const events: Event[] = [];
  for (const [time, value] of samples) {
    if (!(value > 0)) continue;
    const last = events.at(-1);
    if (last && time - (last.timeEnd ?? last.time) <= stepMs) last.timeEnd = time;
    else events.push({ time });
  }
  return events;
}
