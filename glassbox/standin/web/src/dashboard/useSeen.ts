import { type RefObject, useEffect, useState } from 'react';
import { useBusy } from '../app/ready';

/** How far below the window a panel is drawn already. */
const AHEAD = '400px';

/** Whether an element has come near the window; with `always` it counts as near from the start. */
export function useSeen(element: RefObject<Element | null>, always: boolean): boolean {
  const [seen, setSeen] = useState<boolean | undefined>(always || undefined);
  useBusy(seen === undefined);
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
