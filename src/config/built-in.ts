/**
 * Configurations that sentinel brings along, as KDL text like any other: the same path reads and checks them. Text only;
 * `load.ts` reads it.
 */
import { kdlString } from '../kdl/text.ts';

/** Upstreams that exist unless the file defines them, so that the emergency routes of the runbooks work as pasted. */
export const builtInUpstreams = `
upstream "emergency-static" {
    static {
        status 503
        content-type "text/plain; charset=utf-8"
        body "Service temporarily unavailable. Please try again in a minute.\\n"
        headers { "Retry-After" "60" }
    }
}
upstream "maintenance-page" {
    static {
        status 503
        content-type "text/html; charset=utf-8"
        body #"""
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Maintenance</title></head>
            <body style="font:1.1rem/1.6 system-ui,sans-serif;max-width:36rem;margin:20vh auto;padding:0 1rem">
            <h1>Down for maintenance</h1>
            <p>We are working on this service and will be back shortly. Thank you for your patience.</p>
            </body>
            </html>
            """#
        headers { "Retry-After" "900" }
    }
}
`;

/** What `sentinel run` starts when there is no file at all. */
export const welcomeText = `
listener "http" { address "127.0.0.1:8080" }
route "welcome" { upstream "welcome" }
upstream "welcome" {
    static {
        status 200
        content-type "text/plain; charset=utf-8"
        body """
            sentinel is running.

            This is its built-in configuration: one listener on 127.0.0.1:8080 and this page.
            Metrics and the admin interface are on 127.0.0.1:9090. What to do next:

              sentinel init                        write a commented configuration file
              sentinel run --to 127.0.0.1:3000     put the proxy in front of one address
              sentinel status                      see what this daemon is doing

            """
    }
}
observability {
    metrics { address "127.0.0.1:9090" }
}
`;

/** What `sentinel run --to ADDRESS` starts. */
export function forwardText(address: string): string {
  return `
listener "http" { address "127.0.0.1:8080" }
route "all" { upstream "target" }
upstream "target" { target ${kdlString(address)} }
observability {
    metrics { address "127.0.0.1:9090" }
}
`;
}
