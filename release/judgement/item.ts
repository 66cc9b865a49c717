/** One thing that a stack asks of a release, and how it stands. */
export interface Item {
  /** Stable name, such as `vote:qa` or `evidence:load-test@staging`: what a waiver names. */
  readonly id: string;
  readonly state: "met" | "missing" | "refused" | "waived";
  /** What is asked and how it stands, in a few words. */
  readonly text: string;
  /** Roles or people who can supply what is missing. */
  readonly who?: readonly string[];
  /** The command that supplies it. */
  readonly command?: string;
  /** SHA-256 of the records that it rests on. */
  readonly records: readonly string[];
}

/** How a release stands for a stack. */
export interface Judgement {
  readonly items: readonly Item[];
  /** Whether everything is met or waived. */
  readonly passed: boolean;
  /** Names of the formality rules that asked. */
  readonly rules: readonly string[];
}
