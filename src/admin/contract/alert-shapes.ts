/** Shapes of `POST /admin/alerts`: what Alertmanager sends to a webhook (version 4), and what became of it. Types only. */

/** Of the body of Alertmanager as much as is read; other fields are passed over. */
export interface AlertsRequest {
  readonly version: '4';
  /** Which alerts are told together: the same for all that is sent of them. */
  readonly groupKey: string;
  /** `firing` while any of them fires. */
  readonly status: 'firing' | 'resolved';
  /** So many of them were left out, by `max_alerts`. */
  readonly truncatedAlerts?: number;
  readonly alerts: readonly AlertRequest[];
}

export interface AlertRequest {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly startsAt: string;
  /** RFC 3339; of one that fires nothing that means anything. */
  readonly endsAt: string;
  /** Which alert it is: made of its labels. */
  readonly fingerprint: string;
}

export interface AlertsReply {
  /** The incident that something was written down in; null = there was nothing to write down. */
  readonly incident: string | null;
  /** It was opened for these alerts. */
  readonly opened: boolean;
  /** Alerts that were written down, firing and resolved. */
  readonly recorded: number;
  /** Alerts that were known already, or had ended before anybody heard of them. */
  readonly passed_over: number;
  /** Incidents all of whose alerts are resolved now. */
  readonly resolved: readonly string[];
}
