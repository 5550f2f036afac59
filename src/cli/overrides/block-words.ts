/** What somebody should know of a block that was set or taken back, besides that it was. Used by `block` and the screen; pure. */
import type { BlockReply, UnblockReply } from '../../admin/contract/security-shapes.ts';

export function blockRemarks({ block, in_force: inForce, kept }: BlockReply): readonly string[] {
  return [
    ...(block.allowed.length === 0
      ? []
      : [`the allow list wins: ${block.allowed.join(', ')} stays served, as \`security { allow … }\` says`]),
    ...(inForce ? [] : ['the workers do not have it yet; the daemon goes on trying (sentinel status)']),
    ...(kept ? [] : ['it could not be written to the state folder and will not survive a restart (sentinel status)']),
  ];
}

export function unblockRemarks({ still_blocked_by: others, in_force: inForce, kept }: UnblockReply): readonly string[] {
  return [
    ...(others.length === 0 ? [] : [`addresses of it stay blocked by ${others.join(', ')}`]),
    ...(inForce ? [] : ['the workers do not have it yet; the daemon goes on trying (sentinel status)']),
    ...(kept ? [] : ['it could not be written to the state folder: after a restart it is blocked again']),
  ];
}
