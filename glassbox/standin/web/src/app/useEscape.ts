import { useEffect } from 'react';

/**
 * Call back when Escape is pressed and nothing nearer has used it; undefined listens to nothing. With `first` it comes before
 * whatever is nearer, as what lies over the page must.
 */
export function useEscape(onEscape: (() => void) | undefined, first = false): void {
  useEffect(() => {
    if (!onEscape) return;
    const listen = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      event.preventDefault();
      onEscape();
    };
    document.addEventListener('keydown', listen, first);
    return () => document.removeEventListener('keydown', listen, first);
  }, [onEscape, first]);
}
