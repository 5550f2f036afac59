/** What every error code says of itself. Apart from the table, so that the table's parts need not import the whole. */
export interface CodeFacts {
  /** A short noun phrase: the heading of its page. */
  readonly title: string;
  /** What it means, in a paragraph. */
  readonly meaning: string;
  /** What to do: sentences, commands in backticks. */
  readonly remedy: string;
}
