/** How long after the beginning: `0.042`, `12.345`, `3:12.3`, `1:03:12` (ms) */
export function offsetText(ms: number): string {
  const past = Math.max(0, ms);
  const [minutes, seconds] = [Math.floor(past / 60_000), (past % 60_000) / 1_000];
  if (minutes === 0) return seconds.toFixed(3);
  if (minutes < 60) return `${minutes}:${seconds.toFixed(1).padStart(4, '0')}`;
  const rest = `${Math.floor(seconds)}`.padStart(2, '0');
  return `${Math.floor(minutes / 60)}:${`${minutes % 60}`.padStart(2, '0')}:${rest}`;
}
