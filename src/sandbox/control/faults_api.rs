//! The faults API. The real service does not have it.
//!
//! - `PUT /sandbox/faults` with an array of faults replaces the faults. A fault has `"status": 503` or
//!   `"hangUp": true`. Optional fields: `on` is the kind of request as in the transcript (default: any kind);
//!   `retryAfter` is the response header in seconds; `times` is the number of requests (default: 1). With
//!   `"taken": true` the service executes the request, and only its response is wrong or lost.
//! - `GET /sandbox/faults` returns the faults with the remaining `times`.
//! - `DELETE /sandbox/faults` removes all faults, as a reset does.

use crate::sandbox::http::responses::{HttpResponse, json_response, rejection_response};
use crate::sandbox::json::rejection::Rejection;
use crate::sandbox::state::faults::{Fault, FaultList};
use crate::sandbox::state::simulated_service::SimulatedService;
use serde_json::json;
use serde_json::value::RawValue;

pub(crate) const FAULTS: &str = "/sandbox/faults";

pub(crate) fn set_faults(service: &SimulatedService, body: &[u8]) -> HttpResponse {
    match parse_faults(body) {
        Ok(faults) => {
            service.lock().faults = FaultList::new(faults);
            get_faults(service)
        }
        Err(rejection) => rejection_response(&rejection),
    }
}

fn parse_faults(body: &[u8]) -> Result<Vec<Fault>, Rejection> {
    let faults: Vec<&RawValue> = serde_json::from_slice(body)
        .map_err(|_| Rejection::unprocessable("expected an array of faults"))?;
    let parsed = faults.into_iter().enumerate().map(|(index, fault)| {
        Fault::parse(fault).map_err(|rejection| {
            Rejection::unprocessable(format!("fault {}: {}", index + 1, rejection.message))
        })
    });
    parsed.collect()
}

pub(crate) fn get_faults(service: &SimulatedService) -> HttpResponse {
    json_response(200, &service.lock().faults.faults())
}

pub(crate) fn clear_faults(service: &SimulatedService) -> HttpResponse {
    service.lock().faults.clear();
    json_response(200, &json!([]))
}
