import { useEffect, useState } from 'react';
import { useBusy } from './ready';

const FACES = ['400 14px Inter', '500 14px Inter', '400 14px "Roboto Mono"'];

/** Whether the fonts are there: what is measured before would be wrong, and @grafana/ui remembers what it measured. */
export function useFonts(): boolean {
  const [there, setThere] = useState(false);
  useBusy(!there);
  useEffect(() => {
    const finish = (): void => setThere(true);
    Promise.all(FACES.map((face) => document.fonts.load(face))).then(finish, finish);
  }, []);
  return there;
}
