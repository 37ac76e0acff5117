import { useEffect, useState } from 'react';
import { usePlace } from './location';

/** A full-page capture fires a resize to nothing: such widths are ignored. */
const LEAST_PX = 200;

/** The width to lay out for: that of the address (`width`), else the window's. */
export function useWidth(): number {
  const fixed = Number(usePlace().parameters.get('width'));
  const [width, setWidth] = useState(document.documentElement.clientWidth);
  useEffect(() => {
    const measure = (): void => {
      const now = document.documentElement.clientWidth;
      if (now > LEAST_PX) setWidth(now);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(document.documentElement);
    return () => observer.disconnect();
  }, []);
  return fixed > LEAST_PX ? fixed : width;
}
