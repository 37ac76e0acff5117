import { type FieldDisplay, formattedValueToString, type GrafanaTheme2 } from '@grafana/data';
import { bands } from './bands';
import { Linked } from './Linked';
import { optionsOf, type PanelProps } from './props';
import { Repeated, type SingleValueOptions } from './values';

interface GaugeOptions extends SingleValueOptions {
  shape: 'gauge' | 'circle';
  barWidthFactor: number;
  showThresholdMarkers: boolean;
}

/** Degrees clockwise from the top: where a gauge begins and how far it reaches. */
const SWEEP = { gauge: { start: -110, length: 220 }, circle: { start: -180, length: 359.9 } };
const MARKER_PX = 4;
const NAME_PX = 20;
const CHARACTER = 0.58;

/** By hand: the gauge of @grafana/ui is not in its published part. */
export function Gauge(props: PanelProps) {
  const options = optionsOf<GaugeOptions>(props);
  return (
    <Repeated props={props} autoGrid>
      {({ value, width, height, count }) => (
        <Linked value={value}>
          {(onClick) => {
            const dial = (
              <Dial
                value={value}
                width={width}
                height={height}
                named={count > 1}
                options={options}
                theme={props.theme}
              />
            );
            if (!onClick) return dial;
            return (
              <button type="button" onClick={onClick} style={{ padding: 0, border: 'none', background: 'none' }}>
                {dial}
              </button>
            );
          }}
        </Linked>
      )}
    </Repeated>
  );
}

interface DialProps {
  value: FieldDisplay;
  width: number;
  height: number;
  named: boolean;
  options: Partial<GaugeOptions>;
  theme: GrafanaTheme2;
}

function Dial({ value: { field, display }, width, height, named, options, theme }: DialProps) {
  const { start, length } = SWEEP[options.shape ?? 'gauge'];
  const name = named && display.title ? NAME_PX : 0;
  // How far the ends of the arc hang below its centre, in radii.
  const below = Math.max(0, -Math.cos((start * Math.PI) / 180));
  const radius = Math.max(8, Math.min(width / 2, (height - name) / (1 + below)) - MARKER_PX);
  const center = {
    x: width / 2,
    y: radius + MARKER_PX + Math.max(0, (height - name - radius * (1 + below)) / 2 - MARKER_PX),
  };
  const markers = options.showThresholdMarkers ?? true;
  const bar = radius * (options.barWidthFactor ?? 0.5) * 0.5;
  const inner = radius - bar / 2 - (markers ? MARKER_PX * 2 : 0);
  const min = field.min ?? 0;
  const max = field.max ?? 100;
  const angle = (at: number): number => start + length * Math.min(1, Math.max(0, (at - min) / (max - min || 1)));
  const text = formattedValueToString(display);
  const size = options.text?.valueSize ?? Math.min(inner * 0.5, ((inner - bar / 2) * 1.7) / (text.length * CHARACTER));
  return (
    <svg width={width} height={height} role="img" aria-label={`${display.title ?? ''} ${text}`}>
      <path
        d={arc(center, inner, start, start + length)}
        stroke={theme.colors.action.hover}
        strokeWidth={bar}
        fill="none"
      />
      {Number.isFinite(display.numeric) && angle(display.numeric) > start && (
        <path
          d={arc(center, inner, start, angle(display.numeric))}
          stroke={display.color}
          strokeWidth={bar}
          fill="none"
        />
      )}
      {markers &&
        bands(field, min, max).map(({ from, to, color }) => (
          <path
            key={from}
            d={arc(center, radius, angle(from), angle(to))}
            stroke={theme.visualization.getColorByName(color)}
            strokeWidth={MARKER_PX}
            fill="none"
          />
        ))}
      <text
        x={center.x}
        y={center.y + size * 0.3}
        fontSize={size}
        fontWeight={500}
        textAnchor="middle"
        fill={theme.colors.text.maxContrast}
      >
        {text}
      </text>
      {name > 0 && (
        <text
          x={center.x}
          y={height - NAME_PX / 4}
          fontSize={14}
          textAnchor="middle"
          fill={theme.colors.text.secondary}
        >
          {display.title}
        </text>
      )}
    </svg>
  );
}

/** An SVG path along a circle, between two angles clockwise from the top. */
function arc({ x, y }: { x: number; y: number }, radius: number, from: number, to: number): string {
  const point = (degrees: number): string => {
    const turn = (degrees * Math.PI) / 180;
    return `${x + radius * Math.sin(turn)} ${y - radius * Math.cos(turn)}`;
  };
  return `M${point(from)}A${radius} ${radius} 0 ${to - from > 180 ? 1 : 0} 1 ${point(to)}`;
}
