//! With `validate = customer` a customer's fields are checked before anything is sent; without it, nothing is: the service's
//! own page shows a CPF whose check digits are wrong.

#[path = "support/http_server.rs"]
mod http_server;

use http_server::{Server, http};
use omnize::Client;
use omnize::config::Config;
use omnize::error::{Delivery, Error};
use omnize::status::Status;
use omnize::wire::{Address, Customer};

fn start(server: &Server, validate: &str, customer: Customer) -> Result<(), Error> {
    let mut config = Config::new();
    config.set("token", "t").unwrap();
    config.set("base_url", &server.url).unwrap();
    config.set("validate", validate).unwrap();
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    Client::open(&config)?.start(address, customer).map(drop)
}

fn customer_with_invalid_cpf() -> Customer {
    Customer {
        name: Some("Joao".into()),
        email: Some("joao@example.com".into()),
        phone: Some("11988776655".into()),
        cpf: Some("123.456.789-00".into()),
    }
}

#[test]
fn invalid_cpf_is_sent_if_validation_is_off() {
    let server = Server::with_response(http("200 OK", ""));
    start(&server, "off", customer_with_invalid_cpf()).unwrap();
    assert_eq!(server.requests(), 1);
}

#[test]
fn strict_validation_names_the_invalid_field_and_sends_nothing() {
    let server = Server::with_response(http("200 OK", ""));
    let right = Customer {
        cpf: Some("123.456.789-09".into()),
        ..customer_with_invalid_cpf()
    };
    for (customer, field, value) in [
        (customer_with_invalid_cpf(), "CPF", "123"),
        (
            Customer {
                email: Some("maria.aparecida".into()),
                ..right.clone()
            },
            "e-mail",
            "maria",
        ),
        (
            Customer {
                phone: Some("955554444".into()),
                ..right.clone()
            },
            "phone",
            "955554444",
        ),
    ] {
        let error = start(&server, "customer", customer).unwrap_err();
        assert_eq!(error.status(), Status::Customer, "{error}");
        assert_eq!(error.delivery(), Some(Delivery::NotSent));
        assert!(!error.is_retryable());
        assert!(error.message().contains(field), "{error}");
        assert!(!error.message().contains(value), "{error}");
    }
    assert_eq!(server.requests(), 0);
    start(&server, "customer", right).unwrap();
    start(&server, "customer", Customer::default()).unwrap();
    assert_eq!(server.requests(), 2);
}
