import { type RefObject, useEffect, useState } from 'react';
import { begin } from '../app/ready';

/** How far below the window a panel is drawn already. */
const AHEAD = '400px';

/** Whether an element has come near the window; with `always` it counts as near from the start. */
export function useSeen(element: RefObject<Element | null>, always: boolean): boolean {
  const [seen, setSeen] = useState<boolean | undefined>(always || undefined);
  const unknown = seen === undefined;
  // A panel that may have to be drawn is not drawn yet.
  useEffect(() => (unknown ? begin() : undefined), [unknown]);
  useEffect(() => {
    const watched = element.current;
    if (always) setSeen(true);
    if (always || !watched) return;
    const observer = new IntersectionObserver(([entry]) => setSeen(entry?.isIntersecting ?? false), {
      rootMargin: AHEAD,
    });
    observer.observe(watched);
    return () => observer.disconnect();
  }, [element, always]);
  return seen ?? false;
}
