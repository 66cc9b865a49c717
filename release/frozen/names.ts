/** The normal form of a Python package's name (PEP 503): case, and which of `-`, `_` and `.` stands, do not matter. */
export function normalName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
}
