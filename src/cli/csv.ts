/** Rows as comma-separated values (RFC 4180), with LF line ends. */
export function csv(rows: Iterable<readonly (string | number)[]>): string {
  let text = "";
  for (const row of rows) text += `${row.map(cell).join(",")}\n`;
  return text;
}

function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
