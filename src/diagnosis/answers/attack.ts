/** Whether the traffic is that of an attack, and whether an operator has taken the service out of it. */
import type { Case } from '../case.ts';
import type { Answer } from '../judgement.ts';
import type { QuestionName } from '../questions.ts';
import { ddosAttack } from '../rules/ddos-attack.ts';
import { maintenanceWindow } from '../rules/maintenance-window.ts';
import { evidenceOf, inShort, no, strong, unknown, yes } from './answer.ts';

export const attackAnswers = {
  'under-attack': (of: Case): Answer => {
    const found = strong(ddosAttack(of));
    if (found.length > 0) return yes(inShort(found), ...evidenceOf(found));
    if (of.clients === null) return unknown(of, 'clients');
    const top = of.clients.by_address.clients[0];
    return no(
      `${Math.round(of.clients.requests_per_s)} requests a second${top === undefined ? '' : `, ${Math.round(top.share * 100)} % by ${top.key}`}`,
    );
  },
  'maintenance-off': (of: Case): Answer => {
    const found = strong(maintenanceWindow(of));
    if (found.length > 0) return no(inShort(found), ...evidenceOf(found));
    return of.daemon === null ? unknown(of, 'daemon') : yes('no maintenance');
  },
} satisfies Partial<Record<QuestionName, (of: Case) => Answer>>;
