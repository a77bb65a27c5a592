// A QR code, drawn from rows of 1 (dark) and 0; dark on light in both themes, with its margin of four.
const margin = 4;

export function QrCode({ rows, label }: { rows: string[]; label: string }) {
  const size = rows.length + 2 * margin;
  const dark = rows.flatMap((row, y) =>
    [...row].map((one, x) => (one === "1" ? `M${x + margin} ${y + margin}h1v1h-1z` : "")),
  );
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <path class="light" d={`M0 0h${size}v${size}H0z`} />
      <path class="dark" d={dark.join("")} />
    </svg>
  );
}
