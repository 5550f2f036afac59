/** What `sentinel init` writes: a configuration to begin with, commented, valid as it is. Text only. */

export const starterConfig = `// Configuration of sentinel. Every key: man sentinel.kdl, or docs/config.md.
// Check it:   sentinel validate FILE
// Run it:     sentinel run -c FILE
// Apply it:   sentinel reload     (the same as kill -HUP; a file with mistakes changes nothing)

schema-version "1.0"

server {
    worker-threads 0                        // 0 = one per core
    graceful-shutdown-timeout-secs 30       // how long requests may take to finish after TERM
}

// Where clients connect.
listeners {
    listener "http" {
        address "127.0.0.1:8080"            // "0.0.0.0:8080" to be reached from elsewhere
        header-timeout-secs 10              // how long a client may take to send a request head
        // trusted-proxies "10.0.0.0/8"     // whose X-Forwarded-For is believed
    }
    // listener "https" {
    //     address "0.0.0.0:8443"
    //     protocol "https"                 // HTTP/2 is offered too
    //     tls {
    //         cert-file "/etc/sentinel/tls/site.crt"      // the certificate, then its intermediates
    //         key-file "/etc/sentinel/tls/site.key"
    //     }
    // }
}

// Which requests go where. The most specific route wins; see \`sentinel route explain GET /api/x\`.
routes {
    route "api" {
        matches {
            path-prefix "/api/"
            // host "api.example.com"
            // method "GET" "POST"
        }
        upstream "backend"
        // fallback-upstream "emergency-static"     // answers when no target can
        retry-policy {                      // another target, where one fails and the request may be repeated
            max-attempts 3
        }
        policies {
            timeout-secs 10                 // until the response begins; then 504
            max-body-size "10MB"
            // rate-limit { requests-per-second 50; key "client_ip" }     // beyond it 429
            request-headers {
                set { "X-Proxy" "sentinel" }
            }
        }
    }
    // route "acme" {                       // before all others, also in maintenance: certificates are renewed at any time
    //     matches { path-prefix "/.well-known/acme-challenge/" }
    //     upstream "certbot"
    // }
    route "default" {                       // without \`matches\`: everything else
        upstream "backend"
    }
}

// Who answers.
upstreams {
    upstream "backend" {
        load-balancing "round_robin"        // or weighted, least_connections, p2c, consistent_hash, sticky …
        targets {
            target { address "127.0.0.1:3000"; weight 1 }
            // target "127.0.0.1:3001" weight=1     // the same, shorter; weight 0 drains it
        }
        // health-check { type "http" { path "/health" }; interval-secs 10 }
        // tls { ca-file "/etc/sentinel/tls/internal-ca.crt" }     // speaks TLS to the targets, and verifies them
        // Besides, targets that fail real requests are taken out for a while: \`passive-health\` and \`circuit-breaker\`.
    }
    // upstream "certbot" { target "127.0.0.1:8888" }
}

// What one daemon takes on.
limits {
    max-total-connections 10000
    // max-connections-per-client 50        // 0 = off; clients behind one NAT are one client
    max-in-flight-requests 10000
    max-body-size-bytes 10485760
}

// Who is refused, who never is, and who must prove that a browser is at work.
security {
    challenge-mode "off"                    // "enabled": clients above challenge-threshold requests a minute
    // block "203.0.113.0/24"
    // allow "10.0.0.0/8"
}

observability {
    metrics {
        address "127.0.0.1:9090"            // /metrics for Prometheus, /admin/ for loopback only
    }
    logging {
        level "info"
        access-log { file "stdout" }        // or a path
    }
}

// Whom \`sentinel diagnose\` names when something is wrong. It calls nobody by itself.
contacts {
    // primary "PagerDuty"                  // on call: SEV1 to SEV3
    // secondary "team lead"                // besides, for SEV1 and SEV2
    // management "director" after-mins=30  // when an outage lasts
    // channel "#sentinel-ops"
}

// Where \`sentinel incident\` writes down what happens, and what messages call what is behind this proxy.
incidents {
    // dir "/var/log/sentinel/incidents"
    // service "payments"
}

// In an emergency, uncomment one of these and reload. Both upstreams are built in.
// route "maintenance" { priority "critical"; matches { path-prefix "/" }; upstream "maintenance-page" }
// route "emergency"   { priority "critical"; matches { path-prefix "/" }; upstream "emergency-static" }
`;
