import type { SelectableValue } from '@grafana/data';
import { Icon, Input, Select, Tooltip, useTheme2 } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { useTexts } from '../app/context';
import { setParameters } from '../app/location';
import { ALL } from '../variables/options';
import { type Variable, withAll } from '../variables/state';
import { useSession } from './session';

const HIDDEN = 2;
const WITHOUT_LABEL = 1;
/** Types that people choose from or type into; the others are not shown. */
const SHOWN = new Set(['custom', 'datasource', 'interval', 'query', 'textbox']);

/** The dashboard's variables, each with what can be chosen. */
export function Variables() {
  const { variables } = useSession();
  const shown = [...variables.values()].filter(({ model }) => (model.hide ?? 0) < HIDDEN && SHOWN.has(model.type));
  return shown.map((variable) => <Choice key={variable.model.name} variable={variable} />);
}

const choose = (name: string, values: string[]): void =>
  setParameters({ [`var-${name}`]: values.map((value) => (value === ALL ? 'All' : value)) });

function Choice({ variable }: { variable: Variable }) {
  const { model, error } = variable;
  const theme = useTheme2();
  const id = `var-${model.name}`;
  const label = {
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    height: theme.spacing(theme.components.height.md),
    padding: theme.spacing(0, 1),
    fontSize: theme.typography.bodySmall.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
    background: theme.colors.background.secondary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRight: 'none',
    borderRadius: `${theme.shape.radius.default} 0 0 ${theme.shape.radius.default}`,
    whiteSpace: 'nowrap',
  } as const;
  return (
    <div style={{ display: 'flex' }} data-variable={model.name}>
      {model.hide !== WITHOUT_LABEL && (
        <label htmlFor={id} style={label}>
          {model.label || model.name}
          {error && (
            <Tooltip content={error} theme="error">
              <Icon name="exclamation-triangle" />
            </Tooltip>
          )}
        </label>
      )}
      {model.type === 'textbox' ? (
        <TextChoice id={id} variable={variable} />
      ) : (
        <ListChoice id={id} variable={variable} />
      )}
    </div>
  );
}

function TextChoice({ id, variable: { model, chosen } }: { id: string; variable: Variable }) {
  const texts = useTexts();
  const [draft, setDraft] = useState(chosen[0] ?? '');
  useEffect(() => setDraft(chosen[0] ?? ''), [chosen]);
  const apply = (): void => {
    if (draft !== (chosen[0] ?? '')) choose(model.name, [draft]);
  };
  return (
    <Input
      id={id}
      value={draft}
      placeholder={texts('enterVariable')}
      width={20}
      onChange={({ currentTarget }) => setDraft(currentTarget.value)}
      onBlur={apply}
      onKeyDown={({ key }) => key === 'Enter' && apply()}
    />
  );
}

function ListChoice({ id, variable }: { id: string; variable: Variable }) {
  const texts = useTexts();
  const { model, options, chosen } = variable;
  const [draft, setDraft] = useState<string[]>();
  const all = { label: texts('all'), value: ALL };
  const choices: SelectableValue<string>[] = [
    ...(model.includeAll ? [all] : []),
    ...options.map(({ text, value }) => ({ label: text, value })),
  ];
  const selected = (draft ?? chosen).map(
    (value) => choices.find((one) => one.value === value) ?? { label: value, value },
  );
  const shared = {
    inputId: id,
    options: choices,
    width: 'auto' as const,
    allowCustomValue: model.type !== 'datasource',
    virtualized: choices.length > 100,
  };
  if (!model.multi)
    return (
      <Select {...shared} value={selected[0] ?? null} onChange={({ value }) => choose(model.name, [value ?? ''])} />
    );
  const finish = (): void => {
    if (draft && String(draft) !== String(chosen))
      choose(model.name, draft.length || !model.includeAll ? draft : [ALL]);
    setDraft(undefined);
  };
  return (
    <Select
      {...shared}
      isMulti
      closeMenuOnSelect={false}
      hideSelectedOptions={false}
      value={selected}
      onChange={(list: SelectableValue<string> | SelectableValue<string>[]) =>
        setDraft(
          withAll(
            draft ?? chosen,
            [list].flat().map(({ value }) => value ?? ''),
          ),
        )
      }
      onCloseMenu={finish}
      onBlur={finish}
    />
  );
}
