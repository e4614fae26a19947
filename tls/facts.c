#include "tls/facts.h"
