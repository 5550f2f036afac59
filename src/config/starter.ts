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
        policies {
            timeout-secs 10                 // until the response begins; then 504
            max-body-size "10MB"
            request-headers {
                set { "X-Proxy" "sentinel" }
            }
        }
    }
    route "default" {                       // without \`matches\`: everything else
        upstream "backend"
    }
}

// Who answers.
upstreams {
    upstream "backend" {
        load-balancing "round_robin"        // or weighted, least_connections, random, p2c
        targets {
            target { address "127.0.0.1:3000"; weight 1 }
            // target "127.0.0.1:3001" weight=1     // the same, shorter; weight 0 drains it
        }
    }
}

// What one daemon takes on.
limits {
    max-total-connections 10000
    max-in-flight-requests 10000
    max-body-size-bytes 10485760
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

// In an emergency, uncomment one of these and reload. Both upstreams are built in.
// route "maintenance" { priority "critical"; matches { path-prefix "/" }; upstream "maintenance-page" }
// route "emergency"   { priority "critical"; matches { path-prefix "/" }; upstream "emergency-static" }
`;
