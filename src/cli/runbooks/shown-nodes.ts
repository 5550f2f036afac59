/** Which nodes of a Markdown file belong to chosen sections of its runbook. Used wherever a section is shown; changes nothing. */
import type { MarkdownNode } from '../../runbook/markdown.ts';
import type { Section } from '../../runbook/model.ts';

export function nodesOf(nodes: readonly MarkdownNode[], sections: readonly Section[]): readonly MarkdownNode[] {
  const anchors = new Set(sections.map(({ anchor }) => anchor));
  let inside = anchors.has('');
  return nodes.filter((node) => {
    if (node.kind === 'heading') inside = anchors.has(node.anchor);
    return inside;
  });
}
