import { refuseInput } from "../../release/errors.ts";
import { confirm } from "../approve/secrets.ts";

/** Options of every verb that changes what runs. */
export interface ConfirmOptions {
  readonly yes?: boolean;
}

/** Refuses to begin where nobody can be asked and nobody has said yes. @throws InputError */
export function checkConfirmable({ yes }: ConfirmOptions): void {
  if (yes || process.stdin.isTTY) return;
  refuseInput({ file: "--yes", path: "", message: "is needed where there is no terminal to ask on, as in CI" });
}

/** Whether somebody says yes, now or with `--yes`. */
export async function isConfirmed({ yes }: ConfirmOptions, question: string): Promise<boolean> {
  return yes === true || confirm(question);
}
