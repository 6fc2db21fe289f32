//! WordPress, and the nginx that shares the requests among the servers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use testkit::process::{Process, wait_for};

use crate::nodes::{DATABASE, USER, port};
use crate::server::Server;
use crate::user::User;

/// Where the network answers: the name space is this run's alone.
pub(crate) const PORT: u16 = 8080;

/// Copies WordPress and the plugin into `folder`, with a configuration that has its database from the
/// environment.
pub(crate) fn copy_wordpress(folder: &Path, user: User) -> Result<PathBuf, String> {
    let told = |error: std::io::Error| error.to_string();
    let root = folder.join("wordpress");
    let copy = |from: &str, to: &Path| {
        let copied = Command::new("cp").arg("-rL").arg(from).arg(to).status().map_err(told)?;
        if copied.success() { Ok(()) } else { Err(format!("{from} can't be copied")) }
    };
    copy("target/wordpress/site", &root)?;
    copy("php/network-webhooks", &root.join("wp-content/plugins/"))?;
    let plugins = root.join("wp-content/mu-plugins");
    fs::create_dir_all(&plugins).map_err(told)?;
    fs::copy("tests/cluster/page.php", plugins.join("page.php")).map_err(told)?;
    user.make_folder(&root.join("wp-content/uploads")).map_err(told)?;
    user.make_folder(&folder.join("log")).map_err(told)?;
    let config = fs::read_to_string("tests/network/wp-config.php").map_err(told)?;
    let config = config
        .replace("'localhost:@DIR@/mysql/s.sock'", "getenv( 'CLUSTER_DB' )")
        .replace("'root'", &format!("'{USER}'"))
        .replace("'wordpress'", &format!("'{DATABASE}'"))
        .replace("@DIR@", &folder.display().to_string())
        .replace("@HOST@", &format!("127.0.0.1:{PORT}"))
        .replace("@SUBDOMAINS@", "")
        .replace("@SALT@", "salt of a test")
        .replace("'WP_DEBUG', true", "'WP_DEBUG', false");
    fs::write(root.join("wp-config.php"), config).map_err(told)?;
    let readable = Command::new("chmod").args(["-R", "u=rwX,go=rX"]).arg(&root).status();
    readable.map_err(told)?;
    Ok(root)
}

/// Installs the network into the database of node 1.
pub(crate) fn install(wordpress: &Path, user: User) -> Result<(), String> {
    let script = wordpress.with_file_name("network.php");
    fs::copy("tests/network/network.php", &script).map_err(|error| error.to_string())?;
    let mut php = user.command("php");
    php.arg(script).env("WP_ROOT", wordpress).env("WP_HOST", format!("127.0.0.1:{PORT}"));
    php.env("WP_URL", format!("http://127.0.0.1:{PORT}")).env("WP_SUBDOMAINS", "");
    php.env("ADMIN_USER", "admin").env("ADMIN_PASSWORD", "correct horse battery staple");
    php.env("CLUSTER_DB", format!("127.0.0.1:{}", port(1)));
    php.env("PHP_INI_SCAN_DIR", ":").stdin(Stdio::null());
    let output = php.output().map_err(|error| format!("php: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let (said, wrong) = (output.stdout, output.stderr);
    Err(format!("{}{}", String::from_utf8_lossy(&said), String::from_utf8_lossy(&wrong)))
}

/// nginx before the servers.
pub(crate) struct Front {
    _process: Process,
}

impl Front {
    pub(crate) fn start(
        folder: &Path,
        wordpress: &Path,
        servers: &[Server],
        user: User,
    ) -> Result<Self, String> {
        let told = |error: std::io::Error| error.to_string();
        let folder = folder.join("nginx");
        user.make_folder(&folder).map_err(told)?;
        let dir = folder.display();
        let servers: String = servers
            .iter()
            .map(|server| {
                format!(
                    "server \"unix:{}\" max_fails=1 fail_timeout=3s; ",
                    server.fpm_socket().display()
                )
            })
            .collect();
        let of = if user == User::WwwData { "user www-data;" } else { "user root;" };
        // One that was answered nothing, or that its database is away, is asked elsewhere: an event has a
        // key, so what was dispatched twice is one.
        let config = format!(
            "daemon off;\n{of}\nworker_processes 1;\npid \"{dir}/pid\";\nerror_log \"{dir}/log\";\n\
             events {{ worker_connections 256; }}\n\
             http {{\n\taccess_log off;\n\tclient_body_temp_path \"{dir}/body\";\n\
             \tfastcgi_temp_path \"{dir}/fastcgi\";\n\tproxy_temp_path \"{dir}/proxy\";\n\
             \tuwsgi_temp_path \"{dir}/uwsgi\";\n\tscgi_temp_path \"{dir}/scgi\";\n\
             \tupstream servers {{ {servers} }}\n\
             \tserver {{\n\t\tlisten 127.0.0.1:{PORT};\n\t\troot \"{root}\";\n\
             \t\tlocation / {{\n\t\t\tinclude /etc/nginx/fastcgi_params;\n\
             \t\t\tfastcgi_param HTTP_HOST $http_host;\n\
             \t\t\tfastcgi_param SCRIPT_FILENAME \"{root}/index.php\";\n\
             \t\t\tfastcgi_param SCRIPT_NAME /index.php;\n\
             \t\t\tfastcgi_connect_timeout 2s;\n\t\t\tfastcgi_read_timeout 8s;\n\
             \t\t\tfastcgi_next_upstream error timeout invalid_header http_500 http_503 non_idempotent;\n\
             \t\t\tfastcgi_pass servers;\n\t\t}}\n\t}}\n}}\n",
            root = wordpress.display(),
        );
        let file = folder.join("nginx.conf");
        fs::write(&file, config).map_err(told)?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(&folder).arg("-c").arg(&file).arg("-e").arg(folder.join("log"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = Process::start(&mut command).map_err(|error| format!("nginx: {error}"))?;
        wait_for("nginx", || std::net::TcpStream::connect(("127.0.0.1", PORT)).is_ok())?;
        Ok(Self { _process: process })
    }
}
