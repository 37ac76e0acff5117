import { useEffect } from 'react';

/** Frames without anything pending after which the page counts as drawn. */
const CALM_FRAMES = 3;

let pending = 0;
let calm = 0;
let armed = false;

/** Say that something is being fetched or drawn; call the returned function once when it is done. */
export function begin(): () => void {
  pending += 1;
  setReady(false);
  let open = true;
  return () => {
    if (open) pending -= 1;
    open = false;
    watch();
  };
}

/**
 * Say that a component waits for something, until it is drawn with it: what begins to wait in the same moment, such as panels
 * for their data once the dashboard is there, leaves no gap.
 */
export function useBusy(busy: boolean): void {
  useEffect(() => (busy ? begin() : undefined), [busy]);
}

function watch(): void {
  if (armed) return;
  armed = true;
  calm = 0;
  const step = (): void => {
    calm = pending === 0 ? calm + 1 : 0;
    if (calm < CALM_FRAMES) return void requestAnimationFrame(step);
    armed = false;
    setReady(true);
  };
  void document.fonts.ready.then(() => requestAnimationFrame(step));
}

function setReady(ready: boolean): void {
  document.documentElement.dataset.ready = String(ready);
}
