import { InlineSwitch } from '@grafana/ui';
import { isEnabled, switchName } from '../annotations/switches';
import { setParameters, usePlace } from '../app/location';
import { useSession } from './session';

/** One switch for each of the dashboard's annotation queries. */
export function AnnotationSwitches() {
  const { dashboard } = useSession();
  const { parameters } = usePlace();
  const shown = (dashboard.annotations?.list ?? []).filter(({ hide, builtIn }) => !hide && !builtIn);
  return shown.map((model) => {
    const on = isEnabled(model, parameters);
    return (
      <InlineSwitch
        key={model.name}
        id={switchName(model)}
        label={model.name}
        showLabel
        value={on}
        onChange={() => setParameters({ [switchName(model)]: on ? 'off' : 'on' })}
      />
    );
  });
}
